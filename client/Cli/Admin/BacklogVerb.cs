using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Runs the verbs about a stream's ledger, backlog and dead letters.</summary>
internal sealed class BacklogVerb(CliHost host, NamedTier named, string stream, bool json) : TierVerb(host, named, stream, json)
{
    /// <summary>Prints health, ledger and backlog together, in one object. The exit code tells of a tier that is not well and of an unknown stream.</summary>
    public async Task<int> StatusAsync()
    {
        var (exists, capacity) = (ExistsAsync(), Connection.TryGetAsync("/capacity"));
        var answer = new JsonObject
        {
            ["tier"] = Connection.Tier.AbsoluteUri.TrimEnd('/'),
            ["stream"] = Stream,
            ["health"] = JsonNode.Parse(await Connection.GetHealthAsync("/health").ConfigureAwait(false)),
            ["ready"] = JsonNode.Parse(await Connection.GetHealthAsync("/health/ready").ConfigureAwait(false)),
            ["ledger"] = JsonNode.Parse(await Connection.GetAsync("/ledger").ConfigureAwait(false)),
        };
        await AddBacklogAsync(answer).ConfigureAwait(false);
        // A tier that does not reach Kinesis cannot tell, and would take long to say so.
        var (isThere, overview) = HealthText.IsDegraded(answer) ? default : await exists.ConfigureAwait(false);
        answer["stream_exists"] = isThere;
        answer["full_now"] = overview is null ? null : FullNow.Find(overview);
        // A tier of an older version has none.
        if (isThere is true && await capacity.ConfigureAwait(false) is (HttpStatusCode.OK, var told)
            && AdminOutput.TryRead(told, AdminJson.Default.StreamCapacity) is not null)
        {
            answer["capacity"] = JsonNode.Parse(told);
        }

        var isUnknown = isThere is false;
        Output.Tell(
            Encoding.UTF8.GetBytes(answer.ToJsonString()),
            () => isUnknown && BacklogTables.IsEmpty(answer) ? "" : BacklogTables.OfStatus(answer, Output.Paint));
        if (isUnknown)
            throw CliException.NotThere($"stream '{Stream}' does not exist: Kinesis does not know it");
        return answer["backlog"] is null || HealthText.IsBad(answer) ? ExitCode.SomeFailed : ExitCode.Success;
    }

    /// <summary>Asks for the backlog. Where a silo does not answer, nobody knows what waits there: why is told, and all the rest is shown.</summary>
    private async Task AddBacklogAsync(JsonObject answer)
    {
        try
        {
            answer["backlog"] = JsonNode.Parse(await Connection.GetAsync("/backlog").ConfigureAwait(false));
        }
        catch (CliException refused) when (refused.Code is ExitCode.SomeFailed)
        {
            (answer["backlog"], answer["backlog_error"]) = (null, refused.Message);
        }
    }

    public async Task<int> ListAsync(long after, int max)
    {
        var answer = await Connection.GetAsync($"/dead-letters?after={after}&max={max}").ConfigureAwait(false);
        return Output.Tell(answer, () => BacklogTables.Of(AdminOutput.Read(answer, AdminJson.Default.DeadLetterPage)));
    }

    public async Task<int> ShowAsync(long number)
    {
        var answer = await Connection.GetAsync($"/dead-letters?after={number - 1}&max=1").ConfigureAwait(false);
        var entry = JsonNode.Parse(answer)?["dead_letters"] is JsonArray { Count: > 0 } letters ? letters[0] : null;
        if (entry is null || (long?)entry["number"] != number)
            throw CliException.NotThere($"nothing is set aside as {number}");
        var text = entry.ToJsonString();
        return Output.Tell(Encoding.UTF8.GetBytes(text), () => BacklogTables.Of(AdminJson.Read(text, AdminJson.Default.DeadLetterEntry)));
    }

    /// <param name="numbers">The numbers of the dead letters; null for all.</param>
    public Task<int> RequeueAsync(long[]? numbers) => ActAsync("requeue", "requeued", "in the backlog again", numbers);

    /// <inheritdoc cref="RequeueAsync"/>
    public Task<int> DropAsync(long[]? numbers) => ActAsync("drop", "dropped", "given up", numbers);

    private async Task<int> ActAsync(string path, string counted, string outcome, long[]? numbers)
    {
        var which = numbers is null
            ? new JsonObject { ["all"] = true }
            : new JsonObject { ["numbers"] = new JsonArray([.. numbers.Select(static n => JsonValue.Create(n))]) };
        var answer = await Connection.PostAsync($"/dead-letters/{path}", which.ToJsonString()).ConfigureAwait(false);
        return Output.Tell(answer, () => $"{Quantity.Of((long)JsonNode.Parse(answer)![counted]!, "record")} {outcome}\n");
    }

    /// <summary>Asks whether Kinesis knows the stream, and for its shards; null if the tier cannot tell now.</summary>
    private async Task<(bool? IsThere, StreamOverview? Shards)> ExistsAsync() => await Connection.TryGetAsync("/shards").ConfigureAwait(false) switch
    {
        (HttpStatusCode.OK, var body) => (true, AdminOutput.TryRead(body, AdminJson.Default.StreamOverview)),
        (HttpStatusCode.NotFound, var body) when TierAnswer.ReadError(body).Code is RecordErrorCodes.ResourceNotFound => (false, null),
        _ => (null, null),
    };
}
