using System.Text.Json;

namespace Orleans.Kpl.Interop.Tests.Processes;

/// <summary>A Kinesis record or a user record, as tests/stand-ins and <c>kpl tail --json</c> write it: one JSON object a line.</summary>
/// <param name="Data">The data, in base64.</param>
/// <param name="Members">Of a user record: how many shared its Kinesis record.</param>
internal sealed record Line(
    string PartitionKey, string Data, string? ExplicitHashKey = null, string? ShardId = null, string? SequenceNumber = null, int SubSequenceNumber = 0,
    int Members = 1)
{
    public static JsonSerializerOptions Json { get; } = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static IReadOnlyList<Line> Read(string lines) =>
        [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<Line>(line, Json)!)];
}
