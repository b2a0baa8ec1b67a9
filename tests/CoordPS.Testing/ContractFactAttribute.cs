using System.ComponentModel;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace CoordPS.Testing;

/// <summary>
/// A test of an abstract class that several classes inherit, each for another server. Those whose class has a
/// <see cref="RequiresPeerAttribute"/> are skipped where that peer is missing.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("CoordPS.Testing.ContractFactDiscoverer", "CoordPS.Testing")]
public sealed class ContractFactAttribute : FactAttribute;

/// <summary>The tests of the class need a peer.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RequiresPeerAttribute(Peer peer) : Attribute
{
    /// <summary>The peer.</summary>
    public Peer Peer { get; } = peer;
}

/// <summary>Makes a test case of each <see cref="ContractFactAttribute"/>.</summary>
public sealed class ContractFactDiscoverer(IMessageSink diagnosticMessageSink) : IXunitTestCaseDiscoverer
{
    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        [new ContractTestCase(diagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod)];
}

/// <summary>A test case that knows the class it runs in.</summary>
public sealed class ContractTestCase : XunitTestCase
{
    /// <summary>For deserialization.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("Called by the deserializer.")]
    public ContractTestCase()
    {
    }

    /// <summary>Creates the test case.</summary>
    public ContractTestCase(IMessageSink diagnosticMessageSink, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod testMethod)
        : base(diagnosticMessageSink, display, options, testMethod)
    {
    }

    /// <inheritdoc/>
    protected override string GetSkipReason(IAttributeInfo factAttribute)
    {
        IAttributeInfo? requires = TestMethod.TestClass.Class.GetCustomAttributes(typeof(RequiresPeerAttribute).AssemblyQualifiedName).FirstOrDefault();
        return (requires is null ? null : Peers.Missing(requires.GetNamedArgument<Peer>(nameof(RequiresPeerAttribute.Peer))))
            ?? base.GetSkipReason(factAttribute);
    }
}
