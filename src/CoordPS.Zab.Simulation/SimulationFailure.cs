namespace CoordPS.Zab.Simulation;

/// <summary>A property does not hold.</summary>
internal sealed class SimulationFailure(string message) : Exception(message);
