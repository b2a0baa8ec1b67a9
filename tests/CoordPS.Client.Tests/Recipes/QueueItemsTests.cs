using CoordPS.Client.Recipes;

namespace CoordPS.Client.Tests.Recipes;

public sealed class QueueItemsTests
{
    [Fact]
    public void The_envelope_is_Curators()
    {
        byte[] envelope = QueueItems.Write([new byte[] { 7, 8 }, Array.Empty<byte>()]);
        Assert.Equal(Convert.FromHexString("00010001" + "01" + "00000002" + "0708" + "01" + "00000000" + "02"), envelope);
        Assert.Equal([[7, 8], []], QueueItems.Read(envelope)!);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00010001")]
    [InlineData("0001000202")]
    [InlineData("0001000101000000FF0702")]
    [InlineData("000100010180000000")]
    [InlineData("0001000103")]
    public void Other_bytes_are_none(string hex) => Assert.Null(QueueItems.Read(Convert.FromHexString(hex)));
}
