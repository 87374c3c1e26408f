using System.Buffers;
using System.Text;
using Orleans.Kpl.Cli.Tail;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Cli.Tests.Tail;

/// <summary>A record could rename the window of whoever looked at it, or have the terminal type for him.</summary>
public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("größer 🙂\t{\n}", "größer 🙂\t{\n}")]
    [InlineData("\u001b]0;mine\u0007", "\\u001b]0;mine\\u0007")]
    [InlineData("a\rb\u007f", "a\\u000db\\u007f")]
    [InlineData("\u009b31m", "\\u009b31m")]
    public void Write_EscapesWhatSteersATerminal(string data, string shown)
    {
        var output = new ArrayBufferWriter<byte>();
        TerminalText.Write(output, Encoding.UTF8.GetBytes(data));
        Assert.Equal(shown, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Write_OfWhatIsNoText_WritesNoByteOfIt()
    {
        var output = new ArrayBufferWriter<byte>();
        TerminalText.Write(output, [0x9B, 0x41, 0xFF]);
        Assert.Equal("\uFFFDA\uFFFD", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData(true, "\\u001bc\n")]
    [InlineData(false, "\u001bc\n")]
    public void Lines_AreAsTheyStand_UnlessATerminalShowsThem(bool isTerminal, string line)
    {
        using var lines = new TailLines(json: false, isTerminal);
        lines.Add("shardId-000000000000", "1", 0, new AggregateMember("k"u8.ToArray(), null, "\u001bc"u8.ToArray()));
        Assert.Equal(line, Encoding.UTF8.GetString(lines.Take(0, 100, out _)));
    }
}
