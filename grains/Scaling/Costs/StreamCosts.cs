using System.Text.Json.Nodes;

namespace Orleans.Kpl.Scaling.Costs;

/// <summary>The costs of streams by the load of the last week, for the page of a tier.</summary>
internal sealed class StreamCosts(IStreamAdmin admin, PriceTable prices, TimeProvider time)
{
    /// <summary>Opens it with the prices of a file.</summary>
    /// <param name="file">The file; null for the prices that come with the library.</param>
    /// <exception cref="KplOptionsException">The file cannot be read, or has errors: all are told.</exception>
    public static StreamCosts Open(IStreamAdmin admin, string? file, TimeProvider time)
    {
        var errors = new List<string>();
        var table = file is null ? PriceTable.Own : PriceTable.ReadFile(file, errors);
        return table is null ? throw new KplOptionsException([.. errors.Select(e => $"Kpl:Http:Prices: {file}: {e}")]) : new StreamCosts(admin, table, time);
    }

    /// <summary>Returns the cost as JSON; where it is not known, a note that says why.</summary>
    public async Task<JsonObject> GetAsync(string stream, CancellationToken cancellationToken) => Of(
        await admin.GetLoadAsync(stream, cancellationToken).ConfigureAwait(false),
        await admin.GetPolicyAsync(stream, cancellationToken).ConfigureAwait(false),
        (await admin.GetCapacityAsync(stream, cancellationToken).ConfigureAwait(false)).BillingCommitment);

    /// <summary>Returns what a stream with that load costs.</summary>
    public JsonObject Of(StreamLoad load, ScalingOptions policy, string? commitment = null)
    {
        if (SeenLoad.Of(load, policy, StreamCost.Spans[^1].Minutes, commitment) is not { } seen)
            return Note($"no load was seen: {SeenLoad.None}");
        if (!prices.Regions.TryGetValue(seen.Region, out var region))
            return Note($"{prices.Lacks(seen.Region)}: Kpl:Http:Prices names a file of others");
        var terms = new CostTerms(region, policy, seen.Shards, Readers: 1, Streams: 1, seen.IsCommitted);
        return new StreamCost(seen, terms, seen.Region, prices, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime)).ToJson();

        JsonObject Note(string why) => new() { ["stream"] = load.Stream, ["note"] = why };
    }
}
