namespace CoordPS.Storage.Tests;

/// <summary>A test that needs a device file, and is skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeviceFactAttribute : FactAttribute
{
    public DeviceFactAttribute(string device)
    {
        Device = device;
        if (!File.Exists(device))
            Skip = $"There is no {device} on this system; it is there on Linux.";
    }

    public string Device { get; }
}
