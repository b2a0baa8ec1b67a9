using CoordPS.Kubernetes;
namespace CoordPS.Cmdlets;
public sealed partial class PublishCoordDeploymentCommand
{
    private readonly List<KubernetesObject> _gated = [];
    private bool IsGated => false;
    private void CheckGate() { }
    private Task PublishGatedAsync() => Task.CompletedTask;
}
