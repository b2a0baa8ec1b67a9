namespace CoordPS.Storage;

/// <summary>How <see cref="TxnLogDirectory"/> reads.</summary>
public sealed record TxnLogReadOptions
{
    /// <summary>
    /// Whether a gap in the zxids stops the reader with a <see cref="CorruptLogException"/>. A server that replays on top of a
    /// snapshot has to see every transaction since, so a gap means a lost file or lost records. Older logs may have gaps that a
    /// later snapshot covers, which is why it is off for reading them all. Default: false.
    /// </summary>
    public bool RequireContinuity { get; init; }
}
