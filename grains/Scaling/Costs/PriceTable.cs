using System.Globalization;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Scaling.Costs;

/// <summary>The prices of Kinesis in each region, in US dollars.</summary>
/// <param name="AsOf">The day of which the prices are.</param>
/// <param name="Source">The page or file that had them.</param>
internal sealed record PriceTable(DateOnly AsOf, string Source, IReadOnlyDictionary<string, RegionPrices> Regions)
{
    /// <summary>Prices that are older may have changed.</summary>
    public const int DaysGood = 180;

    private const double MostDollars = 1_000;
    private const double MostMiB = 100_000;

    /// <summary>The table that comes with the library.</summary>
    public static PriceTable Own { get; } = ReadOwn();

    /// <summary>Says that there are no prices of a region, and of which there are.</summary>
    public string Lacks(string region) => $"there are no prices of '{region}', only of {string.Join(", ", Regions.Keys)}";

    /// <summary>Returns the warning about old prices; null while they are good.</summary>
    public string? FindWarning(DateOnly today) => today.DayNumber - AsOf.DayNumber is var days && days > DaysGood
        ? string.Create(CultureInfo.InvariantCulture, $"The prices are {days} days old: compare them with {Source}.")
        : null;

    /// <summary>Reads a file with a table; null where there are errors.</summary>
    public static PriceTable? ReadFile(string path, List<string> errors)
    {
        try
        {
            return Read(File.ReadAllBytes(path), errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add(FileFault.Describe(e, path));
            return null;
        }
    }

    /// <summary>Reads a table; null where there are errors.</summary>
    /// <param name="errors">Gets every error, with the path of its member.</param>
    public static PriceTable? Read(ReadOnlyMemory<byte> json, List<string> errors)
    {
        PriceTable? table = null;
        JsonFields.ReadFile(json, errors, file => table = Read(file));
        return errors.Count == 0 ? table : null;
    }

    private static PriceTable Read(JsonFields file)
    {
        var (asOf, source) = (file.Day("as_of"), file.Text("source", isRequired: true));
        var regions = file.Members("regions").ToDictionary(static r => r.Name, static r => ReadRegion(r.Fields), StringComparer.Ordinal);
        file.RefuseOthers();
        return new PriceTable(asOf, source ?? "", regions);
    }

    private static RegionPrices ReadRegion(JsonFields region)
    {
        var prices = new RegionPrices(
            region.Amount("shard_hour", MostDollars), region.Amount("million_put_units", MostDollars), region.Amount("on_demand_stream_hour", MostDollars),
            region.Amount("on_demand_gib_in", MostDollars), region.Amount("on_demand_gib_out", MostDollars), region.Amount("advantage_gib_in", MostDollars),
            region.Amount("advantage_gib_out", MostDollars), region.Amount("advantage_least_mib_per_second", MostMiB));
        region.RefuseOthers();
        return prices;
    }

    private static PriceTable ReadOwn()
    {
        using var stream = typeof(PriceTable).Assembly.GetManifestResourceStream("prices.json")!;
        var json = new byte[stream.Length];
        stream.ReadExactly(json);
        return Read(json, [])!;
    }
}

/// <summary>The prices of Kinesis in one region.</summary>
/// <param name="AdvantageLeastMiB">What an account with on-demand Advantage is billed for at least, both in and out, in MiB/s.</param>
internal sealed record RegionPrices(
    double ShardHour, double MillionPutUnits, double OnDemandStreamHour, double OnDemandGiBIn, double OnDemandGiBOut, double AdvantageGiBIn,
    double AdvantageGiBOut, double AdvantageLeastMiB);
