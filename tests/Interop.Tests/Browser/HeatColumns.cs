using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests.Browser;

/// <summary>What a column of a picture in a browser has.</summary>
/// <param name="Sum">Its KiB a second.</param>
/// <param name="Row">Its warmest row.</param>
/// <param name="Warmest">The part of the load that this row has.</param>
/// <param name="HotKey">The heaviest key.</param>
/// <param name="Owners">Who sends for the shards.</param>
internal sealed record HeatColumns(double Sum, int Row, double Warmest, int Shards, string? HotKey, string[] Owners, double[] Rows)
{
    /// <summary>Reads the columns of each stream, and judges the layout of their pictures.</summary>
    public static Dictionary<string, List<HeatColumns>> Read(JsonNode seen) => seen["seen"]!.AsArray().ToDictionary(static s => (string)s!["stream"]!, static s =>
    {
        PagePictures.Check(s!["state"]!);
        return s["columns"]!.AsArray().Select(static c => Of(c!)).ToList();
    });

    /// <summary>The part of the load in some rows.</summary>
    public double Within(int from, int to) => Rows[from..to].Sum() / Sum;

    private static HeatColumns Of(JsonNode column)
    {
        var rows = column["kib"]!.AsArray().Select(static k => (double)k!).ToArray();
        var (row, most) = rows.Index().DefaultIfEmpty().MaxBy(static r => r.Item);
        var key = (string?)column["keys"]!.AsArray().FirstOrDefault()?["partition_key"];
        return new HeatColumns(rows.Sum(), row, most / rows.Sum(), (int)column["shards"]!, key,
            [.. column["owners"]!.AsArray().Select(static o => (string?)o ?? "")], rows);
    }
}
