using System.Text;
using System.Text.Json.Nodes;
using CoordPS.Client.Recipes;

namespace CoordPS.Client.Tests.Recipes;

public sealed class ConfigJsonTests
{
    [Theory]
    [InlineData("""{"a":{"b":"text","c":1.5,"d":false,"e":null,"f":[1,{"x":"y"}]},"g":"true","h":"","i":"12","j":"[odd","k":"null"}""")]
    [InlineData("""{"a":{"$value":"own","b":"x"}}""")]
    [InlineData("""{"bytes":{"$base64":"//4A"}}""")]
    public void Objects_come_back_as_they_were(string json)
    {
        IReadOnlyDictionary<string, byte[]?> flat = ConfigJson.Flatten(JsonNode.Parse(json));
        Assert.Equal(json, ConfigJson.ToJson(flat)!.ToJsonString());
    }

    [Fact]
    public void Text_is_stored_as_it_is()
    {
        IReadOnlyDictionary<string, byte[]?> flat = ConfigJson.Flatten(JsonNode.Parse("""{"host":"db.example","port":5432}"""));
        Assert.Equal("db.example", Encoding.UTF8.GetString(flat["host"]!));
        Assert.Equal("5432", Encoding.UTF8.GetString(flat["port"]!));
        Assert.Equal("5432", (string?)ConfigJson.ToJson(flat, typed: false)!["port"]);
        Assert.Throws<FormatException>(() => ConfigJson.Flatten(JsonNode.Parse("""{"a/b":1}""")));
    }

    [Fact]
    public void Variables_stand_for_paths()
    {
        IReadOnlyDictionary<string, byte[]?> flat = ConfigJson.Flatten(JsonNode.Parse("""{"db":{"host":"h","max-size":3}}"""));
        IReadOnlyDictionary<string, string> variables = ConfigEnvironment.Write(flat, "APP_");
        Assert.Equal([new("APP_DB__HOST", "h"), new("APP_DB__MAX_SIZE", "3")], variables);
        Assert.Equal("h", Encoding.UTF8.GetString(ConfigEnvironment.Read(variables, "APP_")["db/host"]!));
        Assert.Throws<FormatException>(() => ConfigEnvironment.Write(ConfigJson.Flatten(JsonNode.Parse("""{"a-b":1,"a_b":2}"""))));
    }
}
