using System.Buffers.Binary;
using System.Text;

namespace CoordPS.Containers.Tests;

public sealed class ContainerTextTests
{
    [Theory]
    [InlineData("80", 80, 0, null, "tcp")]
    [InlineData("8080:80", 80, 8080, null, "tcp")]
    [InlineData("127.0.0.1:8080:80/udp", 80, 8080, "127.0.0.1", "udp")]
    [InlineData("127.0.0.1::80", 80, 0, "127.0.0.1", "tcp")]
    [InlineData("[::1]:8080:80", 80, 8080, "::1", "tcp")]
    public void Ports_are_read_as_docker_reads_them(string text, int inside, int outside, string? address, string protocol) =>
        Assert.Equal(new PortMapping(inside, outside, address, protocol), PortMapping.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("http")]
    [InlineData("0")]
    [InlineData("80/icmp")]
    [InlineData("70000:80")]
    [InlineData("host:8080:80")]
    public void What_is_no_port_is_refused(string text) => Assert.Throws<FormatException>(() => PortMapping.Parse(text));

    [Theory]
    [InlineData("data:/data", "data", "/data", false)]
    [InlineData("/srv/app:/app:ro", "/srv/app", "/app", true)]
    [InlineData("/only", "", "/only", false)]
    [InlineData(@"C:\data:C:\app", @"C:\data", @"C:\app", false)]
    public void Volumes_are_read_as_docker_reads_them(string text, string source, string target, bool readOnly) =>
        Assert.Equal(new VolumeMount(source, target, readOnly), VolumeMount.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("data:relative")]
    public void What_is_no_volume_is_refused(string text) => Assert.Throws<FormatException>(() => VolumeMount.Parse(text));

    [Fact]
    public void Restart_policies_are_read_as_docker_reads_them()
    {
        Assert.Equal(("on-failure", 3), (ContainerMapping.ToPolicy("on-failure:3").Name, ContainerMapping.ToPolicy("on-failure:3").MaximumRetryCount));
        Assert.Equal("unless-stopped", ContainerMapping.ToPolicy("unless-stopped").Name);
        Assert.Throws<FormatException>(() => ContainerMapping.ToPolicy("always:3"));
    }

    [Fact]
    public async Task A_character_that_is_cut_by_the_parts_of_a_line_stays_whole()
    {
        byte[] first = Frame(1, "2026-01-02T03:04:05.1Z 5 ?"), second = Frame(1, "2026-01-02T03:04:05.2Z ??\n"), euro = "\u20ac"u8.ToArray();
        first[^1] = euro[0];
        second[^3] = euro[1];
        second[^2] = euro[2];
        using var log = new MemoryStream([.. first, .. second]);

        List<ContainerLogLine> lines = [];
        await foreach (ContainerLogLine line in ContainerLogReader.ReadAsync(log, tty: false, CancellationToken.None))
            lines.Add(line);

        Assert.Equal("5 \u20ac", Assert.Single(lines).Text);
    }

    [Fact]
    public async Task Outputs_that_take_turns_in_the_middle_of_a_line_are_told_apart()
    {
        using var log = new MemoryStream([
            .. Frame(1, "2026-01-02T03:04:05.1Z first "), .. Frame(2, "2026-01-02T03:04:05.2Z problem\n"), .. Frame(1, "2026-01-02T03:04:05.3Z half\n"), .. Frame(1, "2026-01-02T03:04:06Z end")]);

        List<ContainerLogLine> lines = [];
        await foreach (ContainerLogLine line in ContainerLogReader.ReadAsync(log, tty: false, CancellationToken.None))
            lines.Add(line);

        Assert.Equal(["problem", "first half", "end"], lines.Select(l => l.Text));
        Assert.Equal([ContainerStream.Stderr, ContainerStream.Stdout, ContainerStream.Stdout], lines.Select(l => l.Stream));
        Assert.Equal(100, lines[1].Time.Millisecond);
    }

    private static byte[] Frame(byte stream, string text)
    {
        byte[] frame = new byte[8 + text.Length];
        frame[0] = stream;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), text.Length);
        Encoding.ASCII.GetBytes(text, frame.AsSpan(8));
        return frame;
    }
}
