using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Cluster.Tests.Loads;

/// <summary>A load on the HTTP of one process.</summary>
internal sealed class HttpLoad : ClusterLoad
{
    private const string Ndjson = "application/x-ndjson";

    private readonly HttpClient _http;
    private readonly string _path;

    private HttpLoad(HttpClient http, string stream, int batch, string ack, TimeSpan pace)
        : base(batch, pace) => (_http, _path) = (http, $"/streams/{stream}/records?ack={ack}");

    public static HttpLoad Start(SiloProcess silo, string stream, int atOnce = 4, int batch = 50, string ack = "delivered", TimeSpan pace = default) =>
        Start(silo.Http, stream, atOnce, batch, ack, pace);

    public static HttpLoad Start(HttpClient http, string stream, int atOnce, int batch, string ack, TimeSpan pace)
    {
        var load = new HttpLoad(http, stream, batch, ack, pace);
        load.Start(atOnce);
        return load;
    }

    protected override async Task<IReadOnlyList<ToldRecord>?> PutAsync(int[] numbers, long putAt)
    {
        var body = new StringBuilder();
        foreach (var number in numbers)
            body.Append($$"""{"partition_key":"{{ToldRecord.KeyOf(number)}}","payload":"{{ToldRecord.DataOf(number)}}"}""").Append('\n');
        using var content = new StringContent(body.ToString(), Encoding.UTF8, new MediaTypeHeaderValue(Ndjson));
        using var response = await _http.PostAsync(_path, content);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            return null;
        if (response.StatusCode == HttpStatusCode.TooManyRequests)
            return AllEnd(numbers, putAt, RecordStatus.Failed, ToldRecord.Full);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        var toldAt = Stopwatch.GetTimestamp();
        var told = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select((line, i) => Read(JsonDocument.Parse(line).RootElement, numbers[i], putAt, toldAt)).ToList();
        return told.Count == numbers.Length ? told : throw new IOException($"an answer of {told.Count} lines for {numbers.Length} records");
    }

    private static ToldRecord Read(JsonElement result, int number, long putAt, long toldAt)
    {
        return new ToldRecord(
            number, Enum.Parse<RecordStatus>(Text("status")!, ignoreCase: true), Text("shard_id"), Text("sequence_number"), Text("error_code"), putAt, toldAt);

        string? Text(string name) => result.TryGetProperty(name, out var value) ? value.GetString() : null;
    }
}
