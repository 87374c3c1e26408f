using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Cli.Put;

namespace Orleans.Kpl.Cli.Tests.Put;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("\n", new[] { "" })]
    [InlineData("a\nb", new[] { "a", "b" })]
    [InlineData("a\r\n\nb\n", new[] { "a", "", "b" })]
    [InlineData("a\r\r\nb\r", new[] { "a\r", "b\r" })]
    [InlineData("a\rb\n", new[] { "a\rb" })]
    public async Task Read_EndsLinesAtFeeds_WithTheReturnBeforeThem(string text, string[] lines) =>
        Assert.Equal(lines, await ReadAsync(Encoding.UTF8.GetBytes(text), 100, 4096));

    [Theory]
    [InlineData("1234\n12345\n123456\n1\n", new[] { "1234", "12345", "<too long>", "1" })]
    [InlineData("12345\r\n123456\r\n", new[] { "12345", "<too long>" })]
    [InlineData("123456789012345678901234567890", new[] { "<too long>" })]
    [InlineData("123456789012345678901234567890\n1", new[] { "<too long>", "1" })]
    public async Task Read_WhenALineIsTooLong_TellsAndGoesOn(string text, string[] lines)
    {
        foreach (var chunk in new[] { 1, 2, 3, 5, 7, 100 })
            Assert.Equal(lines, await ReadAsync(Encoding.UTF8.GetBytes(text), 5, chunk));
    }

    [Fact]
    public void Read_WhateverTheBytesAndPieces_CutsAsSplitDoes()
    {
        var bytes = Gen.Elements((byte)'a', (byte)'b', (byte)'\r', (byte)'\n').ArrayOf();
        Prop.ForAll(bytes.ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(), (input, chunk) =>
        {
            var text = Encoding.ASCII.GetString(input);
            var expected = (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
            var lines = text.Length == 0 ? [] : expected;
            for (var i = 0; i < lines.Length; i++)
            {
                var isEnded = i < lines.Length - 1 || text.EndsWith('\n');
                if (isEnded && lines[i].EndsWith('\r'))
                    lines[i] = lines[i][..^1];
            }

            return ReadAsync(input, 1000, chunk).GetAwaiter().GetResult().SequenceEqual(lines);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Read_WhenLinesAreLongerThanTheBuffer_GrowsToTheLongest()
    {
        var line = new string('x', 3 << 20);
        Assert.Equal([line, line], await ReadAsync(Encoding.ASCII.GetBytes($"{line}\n{line}\n"), 3 << 20, 100_000));
    }

    private static async Task<List<string>> ReadAsync(byte[] input, int longest, int chunk)
    {
        var reader = new LineReader(new ChunkedStream(input, chunk), longest);
        List<string> lines = [];
        do
        {
            while (reader.TryRead(out var line, out var tooLong))
                lines.Add(tooLong ? "<too long>" : Encoding.UTF8.GetString(line.Span));
        }
        while (await reader.FillAsync(CancellationToken.None));
        Assert.Equal(input.Length, reader.BytesRead);
        Assert.Equal(lines.Count, reader.Lines);
        return lines;
    }

    private sealed class ChunkedStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
