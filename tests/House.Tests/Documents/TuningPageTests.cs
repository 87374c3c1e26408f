using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.House.Tests;

/// <summary>docs/tuning.md: its figures are computed here once more.</summary>
public sealed class TuningPageTests
{
    private const int Shards = 4;

    [Fact]
    public void FullestShard_HasThePartThatThePageTells()
    {
        var cells = MarkdownPage.Of("docs/tuning.md").Cells.ToList();
        var rows = cells.Zip(cells.Skip(1)).Where(c => c.First.Heading == "keys").ToList();

        Assert.Equal(6, rows.Count);
        Assert.All(rows, row =>
        {
            var part = FullestOf(int.Parse(row.First.Cell, CultureInfo.InvariantCulture));
            Assert.Equal(part == 1 ? "100 %" : string.Create(CultureInfo.InvariantCulture, $"{part * 100:0.0} %"), row.Second.Cell);
        });
    }

    private static double FullestOf(int keys) =>
        Enumerable.Range(1, keys).CountBy(i => MD5.HashData(Encoding.UTF8.GetBytes($"user-{i}"))[0] / (256 / Shards)).Max(shard => shard.Value) / (double)keys;
}
