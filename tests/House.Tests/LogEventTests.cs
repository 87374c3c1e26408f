using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>A log line is found by its event id, whatever its text says in another version.</summary>
public sealed partial class LogEventTests
{
    private static readonly string[] Product = ["client/", "grains/", "interfaces/", "silo/"];

    [Fact]
    public void EventIds_OfTheProduct_AreEachUsedOnce()
    {
        var ids = Tree.Sources.Where(static f => Product.Any(p => f.StartsWith(p, StringComparison.Ordinal)))
            .SelectMany(static f => Message().Matches(Tree.Read(f)).Select(m => (Id: m.Groups[1].Value, File: f))).ToList();
        Assert.NotEmpty(ids);
        Strays.None(ids.Where(static i => i.Id.Length == 0).Select(static i => $"a log message without an id: {i.File}"));
        Strays.None(ids.GroupBy(static i => i.Id).Where(static g => g.Count() > 1)
            .Select(static g => $"event id {g.Key} is used {g.Count()} times: {string.Join(", ", g.Select(static i => i.File))}"));
    }

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId = )?(\d*)")]
    private static partial Regex Message();
}
