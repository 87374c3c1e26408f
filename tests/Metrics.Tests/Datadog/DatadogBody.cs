using System.IO.Compression;
using System.Text.Json;

namespace Orleans.Kpl.Metrics.Tests.Datadog;

/// <summary>One series of a body.</summary>
/// <param name="Kind"><c>count</c>, <c>gauge</c> or <c>distribution</c>.</param>
/// <param name="Values">Its values: one, but for a distribution.</param>
/// <param name="Unit">Its unit; null for none.</param>
/// <param name="Second">The time of its values.</param>
internal sealed record DatadogLine(string Name, IReadOnlyList<string> Tags, string Kind, IReadOnlyList<double> Values, string? Unit, string Host, long Second)
{
    /// <summary>Of lines with one place Datadog keeps the last one, unless they are distributions (vectordotdev/vector, issue 13867).</summary>
    public string Place => $"{Name}{{{string.Join(',', Tags)}}} {Kind} of {Host} at {Second}";

    public override string ToString() =>
        FormattableString.Invariant($"{Name}{{{string.Join(',', Tags)}}} {(Kind == "distribution" ? $"{Values.Count} values, mean {Values.Average():0.######}" : $"{Kind} {Values[0]}")}");
}

/// <summary>Reads a body strictly, by Datadog's API reference; shares nothing with who writes it.</summary>
internal static class DatadogBody
{
    /// <summary>Returns every series, and what is wrong.</summary>
    public static (IReadOnlyList<DatadogLine> Lines, IReadOnlyList<string> Defects) Read(string path, string encoding, byte[] body)
    {
        List<string> defects = [];
        var isDistribution = path == "api/v1/distribution_points";
        Expect(isDistribution || path == "api/v2/series", path);
        Expect(encoding == (isDistribution ? "deflate" : "gzip"), $"{path} is {encoding}");
        Expect(body.Length <= (isDistribution ? 3_200_000 : 512_000), $"{body.Length} bytes");
        using var plain = new MemoryStream();
        using (Stream source = isDistribution
            ? new ZLibStream(new MemoryStream(body), CompressionMode.Decompress)
            : new GZipStream(new MemoryStream(body), CompressionMode.Decompress))
            source.CopyTo(plain);
        Expect(plain.Length < (isDistribution ? 62_914_560 : 5_242_880), $"{plain.Length} bytes before compression");
        using var document = JsonDocument.Parse(plain.ToArray());
        Expect(document.RootElement.EnumerateObject().Select(static p => p.Name).SequenceEqual(["series"]), "more than series");
        List<DatadogLine> lines = [.. document.RootElement.GetProperty("series").EnumerateArray().Select(s => isDistribution ? Distribution(s) : Number(s))];
        Expect(lines.Count > 0, "no series");
        Expect(lines.Select(static l => l.Name + string.Join(',', l.Tags)).Distinct().Count() == lines.Count, "a series stands there twice");
        return (lines, defects);

        DatadogLine Number(JsonElement series)
        {
            var type = series.GetProperty("type").GetInt32();
            Expect(type is 1 or 3, $"type {type}");
            Expect(type == 3 || series.GetProperty("interval").GetInt64() > 0, "a count of no time");
            var point = Assert.Single(series.GetProperty("points").EnumerateArray());
            var second = point.GetProperty("timestamp").GetInt64();
            Expect(second >= 0, "no time");
            var host = Assert.Single(series.GetProperty("resources").EnumerateArray());
            Expect(host.GetProperty("type").GetString() == "host", "no host");
            return Line(
                series, type == 1 ? "count" : "gauge", [point.GetProperty("value").GetDouble()],
                series.TryGetProperty("unit", out var unit) ? unit.GetString() : null, host.GetProperty("name").GetString()!, second);
        }

        DatadogLine Distribution(JsonElement series)
        {
            Expect(series.GetProperty("type").GetString() == "distribution", "another type");
            var point = Assert.Single(series.GetProperty("points").EnumerateArray()).EnumerateArray().ToList();
            Expect(point.Count == 2 && point[0].GetInt64() >= 0, "no time");
            var values = point[1].EnumerateArray().Select(static v => v.GetDouble()).ToList();
            Expect(values.Count > 0, "no values");
            return Line(series, "distribution", values, null, series.GetProperty("host").GetString()!, point[0].GetInt64());
        }

        DatadogLine Line(JsonElement series, string kind, IReadOnlyList<double> values, string? unit, string host, long second)
        {
            var name = series.GetProperty("metric").GetString()!;
            Expect(name.Length <= 200 && char.IsAsciiLetter(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.'), name);
            return new DatadogLine(name, [.. series.GetProperty("tags").EnumerateArray().Select(static t => t.GetString()!)], kind, values, unit, host, second);
        }

        void Expect(bool isTrue, string otherwise)
        {
            if (!isTrue)
                defects.Add(otherwise);
        }
    }
}
