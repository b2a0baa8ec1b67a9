namespace CoordPS.Cmdlets;

/// <summary>What <c>Remove-Item</c> knows of its own call.</summary>
/// <param name="recurse">Whether <c>-Recurse</c> was given; without it PowerShell itself asks before a tree goes.</param>
public sealed class RemoveItemParameters(bool recurse)
{
    internal bool Recurse => recurse;
}
