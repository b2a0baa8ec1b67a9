namespace CoordPS.Containers;

/// <summary>A step of a build.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Total">How many there are; those of this stage with BuildKit.</param>
/// <param name="Instruction">The line of the Dockerfile.</param>
/// <param name="Stage">The stage's name; null where the builder does not say.</param>
public sealed record BuildStep(int Number, int Total, string Instruction, string? Stage = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{(Stage is null ? "" : Stage + " ")}{Number}/{Total}: {Instruction}";
}

/// <summary>What a <see cref="BuildEvent"/> tells.</summary>
public enum BuildEventKind
{
    /// <summary>So many bytes of the context have been sent: <see cref="BuildEvent.Current"/>.</summary>
    ContextSent,

    /// <summary>A step begins.</summary>
    StepStarted,

    /// <summary>A line of the build log.</summary>
    Output,

    /// <summary>A layer of a base image is being pulled.</summary>
    Pull,

    /// <summary>Something the user should know and that does not stop the build.</summary>
    Warning,

    /// <summary>The image is there; <see cref="BuildEvent.Text"/> is its ID. Always the last.</summary>
    Built,
}

/// <summary>Something that happened in a build.</summary>
/// <param name="Kind">What.</param>
/// <param name="Text">The line, the status, the warning or the ID.</param>
/// <param name="Step">The step it belongs to; null outside of steps.</param>
/// <param name="Current">Bytes so far, of a context or layer.</param>
/// <param name="Total">Bytes in all; null when unknown.</param>
public sealed record BuildEvent(BuildEventKind Kind, string Text, BuildStep? Step = null, long? Current = null, long? Total = null);
