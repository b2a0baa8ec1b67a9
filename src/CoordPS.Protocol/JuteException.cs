namespace CoordPS.Protocol;

/// <summary>Bytes that are not the Jute record they were read as: truncated, a length out of bounds, or bad UTF-8.</summary>
public sealed class JuteException : Exception
{
    /// <summary>Creates the exception with a message that names the field and what was wrong with it.</summary>
    public JuteException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public JuteException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a message.</summary>
    public JuteException()
    {
    }
}
