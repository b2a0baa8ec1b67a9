namespace CoordPS.Client.Tests.Recipes;

/// <summary>What the recipes other than locks do, on whichever server.</summary>
public abstract partial class RecipeContract(ServerFixture fixture) : ServerContract(fixture);
