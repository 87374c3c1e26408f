using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Metrics.Tests.Prometheus;

/// <summary>One line of a page.</summary>
internal sealed record PageLine(string Name, IReadOnlyList<(string Name, string Value)> Labels, double Value)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Name}{{{string.Join(',', Labels.Select(static l => $"{l.Name}={l.Value}"))}}} {Value}");
}

/// <summary>Reads Prometheus' text format strictly, by its grammar (prometheus.io, exposition formats); shares nothing with who writes it.</summary>
internal sealed partial class PageReader
{
    private static readonly Regex Label = new("""([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\n"])*)["]""");
    private static readonly Regex Escape = new("""\\[\\n"]""");

    public List<PageLine> Samples { get; } = [];

    public Dictionary<string, string> Types { get; } = [];

    public static string TextOf(IMetricsPage page, string? accept = null) => Write(page, accept).Text;

    public static (string Text, string ContentType) Write(IMetricsPage page, string? accept = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var contentType = page.Write(buffer, accept);
        return (Encoding.UTF8.GetString(buffer.WrittenSpan), contentType);
    }

    public static PageReader Read(IMetricsPage page) => Read(TextOf(page));

    public static PageReader Read(string text)
    {
        Assert.True(text.Length == 0 || text.EndsWith('\n'), "the last line does not end");
        var reader = new PageReader();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var parts = line.Split(' ');
                Assert.True(reader.Types.TryAdd(parts[2], parts[3]), $"{parts[2]} stands there twice");
                continue;
            }

            if (line.StartsWith('#'))
                continue;
            var match = Line().Match(line);
            Assert.True(match.Success, line);
            var labels = Label.Matches(match.Groups["labels"].Value).Select(static m => (m.Groups[1].Value, Unescape(m.Groups[2].Value))).ToList();
            Assert.True(seen.Add(match.Groups["name"].Value + match.Groups["labels"].Value), $"twice: {line}");
            reader.Samples.Add(new PageLine(match.Groups["name"].Value, labels, Number(match.Groups["value"].Value)));
        }

        return reader;
    }

    private static double Number(string text) => text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);

    private static string Unescape(string text) => Escape.Replace(text, static m => m.Value switch
    {
        "\\n" => "\n",
        "\\\"" => "\"",
        _ => "\\",
    });

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\n"])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\n"])*")*)\})? (?<value>\S+)$""")]
    private static partial Regex Line();
}
