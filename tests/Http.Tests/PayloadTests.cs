using System.Text;

namespace Orleans.Kpl.Http.Tests;

/// <summary>The data of a record is its payload's JSON text, byte for byte as sent.</summary>
/// <remarks>Tests <see cref="Http.Reading.EventReader"/>.</remarks>
public sealed class PayloadTests : HttpServerTest
{
    public static TheoryData<string> Payloads => [
        "\"hi\"", "null", "true", "0", "-1.50e+07", "[]", "{}", "\"\"",
        "{ \"a\":1 }", "{\r\n\t\"a\" : [ 1 , 2 ]\n}", "[ [ [ ] ] ]",
        "\"über 日本 🎈\"", "\"\\u00fc\\ud83c\\udf88\\n\\\"\\\\\\/\"", "\"\\ud83c alone\"",
        "{\"payload\":{\"partition_key\":\"inner\"},\"b\":\"}\"}",
        new string('[', 2_000) + new string(']', 2_000),
        "\"" + new string('x', 300_000) + "\"",
    ];

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task Data_IsTheTextAsSent(string payload)
    {
        var text = $" {{ \"payload\" :\t{payload}  ,\"partition_key\":\"k\" }} ";

        Assert.Equal(202, (await Server.PostAsync("/events", text)).Status);
        Assert.Equal(200, (await Server.PostAsync("/events/confirmed", text)).Status);
        Assert.Equal(200, (await Server.PostAsync("/streams/s/records", $"[{text},{text}]")).Status);
        Assert.Equal([payload, payload, payload, payload], Server.Producer.Records.Select(r => r.Data));

        if (payload.Contains('\n', StringComparison.Ordinal))
            return;
        Assert.Equal(200, (await Server.PostAsync("/streams/s/records", $"{text}\n{text}\r\n", "application/x-ndjson")).Status);
        Assert.Equal(payload, Server.Producer.Records.Last().Data);
    }

    /// <summary>What is no text is no JSON either, and a consumer that reads JSON would stumble over it.</summary>
    [Theory]
    [InlineData("/streams/s/records", "application/json", "[{\"partition_key\":\"k\",\"payload\":\"#\"},{\"partition_key\":\"k\",\"payload\":1}]")]
    [InlineData("/streams/s/records", "application/x-ndjson", "{\"partition_key\":\"k\",\"payload\":\"#\"}\n{\"partition_key\":\"k\",\"payload\":1}")]
    [InlineData("/streams/s/records?key=text:k", "application/json", "[\"#\",1]")]
    [InlineData("/streams/s/records?key=text:k", "application/x-ndjson", "\"#\"\n1")]
    public async Task Data_WhenItIsNoUtf8_FailsInItsPlaceAlone(string path, string type, string body)
    {
        byte[] bytes = [.. Encoding.ASCII.GetBytes(body).Select(static b => b == (byte)'#' ? (byte)0xC3 : b)];
        var answer = await Server.PostAsync(path, bytes, type);
        Assert.Equal(200, answer.Status);
        Assert.Contains("\"MalformedJson\",\"error_message\":\"the payload is not valid UTF-8", answer.Text, StringComparison.Ordinal);
        Assert.Equal("1", Assert.Single(Server.Producer.Records).Data);
    }

    [Theory]
    [InlineData("""{"payload":1,"partition_key":"a","payload":2,"partition_key":"b"}""", "b", "2")] // the last of two
    [InlineData("""{"\u0070ayload":1,"partition\u005fkey":"\u00fc\ud83c\udf88"}""", "ü🎈", "1")]
    public async Task Data_WhenFieldsComeTwiceOrEscaped_IsFoundAllTheSame(string record, string key, string data)
    {
        await Server.PostAsync("/events", record);

        Assert.Equal((key, data), (Server.Producer.Records.Single().Key, Server.Producer.Records.Single().Data));
    }

    [Fact]
    public async Task Body_WhenItHasAByteOrderMark_IsReadWithout()
    {
        byte[] mark = [0xEF, 0xBB, 0xBF];
        const string record = """{"payload":1,"partition_key":"a"}""";
        Assert.Equal(202, (await Server.PostAsync("/events", [.. mark, .. Encoding.UTF8.GetBytes(record)])).Status);
        Assert.Equal(200, (await Server.PostAsync("/streams/s/records", [.. mark, .. Encoding.UTF8.GetBytes($"[{record}]")])).Status);
        Assert.Equal(2, Server.Producer.Records.Count);
    }

    [Fact]
    public async Task Body_WhenItComesInPieces_IsReadWhole()
    {
        var records = Enumerable.Range(0, 5_000).Select(i => $$"""{"partition_key":"k{{i}}","payload":"{{new string('p', i % 97)}}"}""").ToList();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/streams/s/records?ack=accepted") { Content = new StreamContent(new Trickle($"[{string.Join(',', records)}]")) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = true;

        Assert.Equal(202, (await Server.SendAsync(request)).Status);
        Assert.Equal(Enumerable.Range(0, 5_000).Select(i => ($"k{i}", $"\"{new string('p', i % 97)}\"")), Server.Producer.Records.Select(r => (r.Key, r.Data)));
    }

    /// <summary>Gives its text in pieces of odd sizes.</summary>
    private sealed class Trickle(string text) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        private int _step;

        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, 1 + (_step++ * 37 % 4_099))], cancellationToken);
    }
}
