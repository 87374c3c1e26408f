using System.Globalization;
using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.FanOut;

/// <summary>
/// A stream's consumers by name, page by page. A NextToken lives for 300 s. StreamARN comes with it, because the request cannot do
/// without, and must be that of its stream.
/// </summary>
internal static class ListStreamConsumers
{
    private const string Kind = "consumers";
    private const int DefaultPage = 100;
    private const int LargestPage = 10_000;

    public static void Execute(OperationCall call)
    {
        var most = call.Fields.Int("MaxResults");
        var constraints = new Constraints();
        constraints.Range(most, "maxResults", 1, LargestPage);
        constraints.Length(call.Fields.String("NextToken"), "nextToken", 1, 1_048_576);
        constraints.ThrowIfAny();
        var stream = call.StreamOfArn("StreamARN");
        CheckCreation(call, stream);
        var after = call.Fields.String("NextToken") is { } token ? Continue(call, stream, token) : null;
        var page = stream.Consumers.All.Where(consumer => after is null || string.CompareOrdinal(consumer.Name, after) > 0)
            .Take((most ?? DefaultPage) + 1).ToList();
        var more = page.Count > (most ?? DefaultPage);
        if (more) page.RemoveAt(page.Count - 1);
        var answer = call.Answer;
        answer.StartObject();
        answer.Name("Consumers"u8);
        answer.StartArray();
        foreach (var consumer in page)
        {
            answer.StartObject();
            ConsumerDetails.Write(answer, consumer);
            answer.EndObject();
        }
        answer.EndArray();
        if (more)
            answer.Field("NextToken"u8, OpaqueToken.Write(Kind, stream.Name, stream.CreatedAtTicks, page[^1].Name, call.NowTicks));
        answer.EndObject();
    }

    private static void CheckCreation(OperationCall call, KinesisStream stream)
    {
        if (call.Fields.Timestamp("StreamCreationTimestamp") is not { } created) return;
        if (call.Fields.String("NextToken") is not null)
            throw KinesisErrors.InvalidArgument("NextToken and StreamCreationTimestamp cannot be provided together.");
        if (Math.Abs(created - stream.CreatedAtTicks) >= TimeSpan.TicksPerSecond) throw KinesisErrors.ResourceNotFound(stream.Name);
    }

    /// <summary>The name after which the page starts.</summary>
    private static string Continue(OperationCall call, KinesisStream stream, string token)
    {
        if (OpaqueToken.Read(token, Kind, 4) is not { } parts || parts[0] != stream.Name
            || !long.TryParse(parts[1], NumberStyles.None, null, out var created) || created != stream.CreatedAtTicks
            || !long.TryParse(parts[3], NumberStyles.None, null, out var issued))
            throw KinesisErrors.InvalidArgument("NextToken is invalid.");
        if (call.NowTicks - issued > call.Store.Settings.Options.NextTokenLifetime.Ticks)
            throw KinesisErrors.ExpiredNextToken("NextToken has expired.");
        return parts[2];
    }
}
