namespace CoordPS.Zab;

/// <summary>
/// An invariant of the protocol does not hold: this member's state, or the ensemble's, is damaged or there is a bug.
/// The member must stop; going on could lose or fork history.
/// </summary>
public sealed class ZabException : Exception
{
    /// <summary>Creates the exception with a message that says which invariant, where, and what to do.</summary>
    public ZabException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public ZabException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a message.</summary>
    public ZabException()
    {
    }

    internal static void Require([System.Diagnostics.CodeAnalysis.DoesNotReturnIf(false)] bool condition, string otherwise)
    {
        if (!condition)
            throw new ZabException($"Zab: {otherwise}.");
    }
}
