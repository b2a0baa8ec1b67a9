namespace CoordPS;

/// <summary>Whose image the members of an ensemble run.</summary>
public enum CoordEnsembleDistribution
{
    /// <summary>The official Apache image, <c>zookeeper</c>, or one made like it.</summary>
    Apache,

    /// <summary>The image of <c>coordps</c>, which has no shell and no Java.</summary>
    CoordPS,
}
