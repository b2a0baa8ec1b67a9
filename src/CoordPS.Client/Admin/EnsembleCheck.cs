namespace CoordPS.Client.Admin;

/// <summary>One check of an ensemble with what was read.</summary>
/// <param name="Name">What was checked.</param>
/// <param name="Status">How it came out.</param>
/// <param name="Reading">What was read.</param>
/// <param name="Expected">What it should be.</param>
/// <param name="Member">The member concerned; null for the whole ensemble.</param>
/// <param name="Advice">What to do; null when there is nothing to do.</param>
public sealed record EnsembleCheck(string Name, CheckStatus Status, string Reading, string Expected, MemberStatus? Member, string? Advice);
