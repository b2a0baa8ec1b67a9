namespace CoordPS.Cmdlets;

/// <summary>What becomes of the data that a znode has when content is written to it.</summary>
internal enum ContentEnd
{
    /// <summary>It is replaced.</summary>
    Replace,

    /// <summary>It is appended to.</summary>
    Append,

    /// <summary>It is appended to as a line: with a line feed between, unless there is one or nothing before.</summary>
    AppendLine,
}
