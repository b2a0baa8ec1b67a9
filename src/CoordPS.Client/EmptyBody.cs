using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>The body of a request that has none.</summary>
internal readonly record struct EmptyBody : IJuteRecord<EmptyBody>
{
    public static EmptyBody Read(ref JuteReader reader) => default;

    public void Write(JuteWriter writer)
    {
    }
}
