using System.Text;

namespace CoordPS.Storage.Tests;

public class Adler32Tests
{
    [Theory]
    [InlineData("", 0x00000001u)]
    [InlineData("a", 0x00620062u)]
    [InlineData("abc", 0x024d0127u)]
    [InlineData("Wikipedia", 0x11e60398u)]
    public void Known_texts_have_their_known_checksums(string text, uint expected) =>
        Assert.Equal(expected, Adler32.Compute(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Long_buffers_have_the_checksums_zlib_gives_them()
    {
        Assert.Equal(0x149a302cu, Adler32.Compute(Enumerable.Repeat((byte)0xff, 100_000).ToArray()));
        Assert.Equal(0x29179564u, Adler32.Compute([.. Enumerable.Range(0, 100_003).Select(i => (byte)(i * 7))]));
    }

    [Fact]
    public void Every_length_and_every_split_agree_with_the_definition()
    {
        byte[] data = [.. Enumerable.Range(0, 2000).Select(i => (byte)(255 - (i * 13 % 251)))];
        for (int length = 0; length <= data.Length; length += length < 100 ? 1 : 37)
        {
            uint expected = Definition(data.AsSpan(0, length));
            Assert.Equal(expected, Adler32.Compute(data.AsSpan(0, length)));
            int split = length / 3;
            Assert.Equal(expected, Adler32.Append(Adler32.Compute(data.AsSpan(0, split)), data.AsSpan(split, length - split)));
        }
    }

    private static uint Definition(ReadOnlySpan<byte> data)
    {
        uint a = 1, b = 0;
        foreach (byte value in data)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }

        return (b << 16) | a;
    }
}
