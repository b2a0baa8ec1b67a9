using System.Management.Automation;
using CoordPS.Protocol;

namespace CoordPS;

/// <summary>A cmdlet could not do what it was asked, for a reason that no server was needed to tell.</summary>
public sealed class CoordException : Exception
{
    internal CoordException(string id, ErrorCode error, string message, string recommendedAction, string? path = null, Exception? inner = null,
        ErrorCategory? category = null)
        : base(message, inner)
    {
        Category = category;
        Id = id;
        Error = error;
        RecommendedAction = recommendedAction;
        Path = path;
    }

    /// <summary>The ZooKeeper error that comes closest.</summary>
    public ErrorCode Error { get; }

    /// <summary>The znode; null when no single one is concerned.</summary>
    public string? Path { get; }

    /// <summary>What to do about it.</summary>
    public string RecommendedAction { get; }

    /// <summary>The first part of the <c>FullyQualifiedErrorId</c>.</summary>
    internal string Id { get; }

    /// <summary>The category, where the error does not say it.</summary>
    internal ErrorCategory? Category { get; }
}
