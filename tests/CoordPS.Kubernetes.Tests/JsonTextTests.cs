using System.Text;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes.Tests;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("a\U0001F600b", "{\"a\":\"a\U0001F600b\"}")]
    [InlineData("\U0001F600\U0001F601\"\\", "{\"a\":\"\U0001F600\U0001F601\\\"\\\\\"}")]
    [InlineData("\\uD83D\\uDE00", "{\"a\":\"\\\\uD83D\\\\uDE00\"}")]
    [InlineData("\u0007\U0001F600é", "{\"a\":\"\\u0007\U0001F600é\"}")]
    public void Characters_beyond_the_first_plane_are_sent_as_themselves(string value, string expected)
    {
        byte[] json = new JsonObject { ["a"] = value }.ToUtf8();
        Assert.Equal(expected, Encoding.UTF8.GetString(json));
        Assert.Equal(value, (string?)JsonNode.Parse(json)!["a"]);
    }
}
