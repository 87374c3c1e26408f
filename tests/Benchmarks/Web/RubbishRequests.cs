using System.IO.Compression;
using System.Text;
using Orleans.Kpl.Testing.Fuzzing;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>Damaged requests of a kind, by seed, as bytes of a socket.</summary>
internal sealed class RubbishRequests
{
    /// <summary>The stream that records which are whole by chance go to.</summary>
    public const string Stream = "rubbish-1";

    private const string Line = """{"partition_key":"k","payload":{"x":[1,"\u00e9"]}}""" + "\n";
    private const string Put = $$"""{"StreamName":"{{Stream}}","Records":[{"Data":"aGVsbG8=","PartitionKey":"k"},{"Data":"","PartitionKey":"l"}]}""";
    private const string Front = "POST / HTTP/1.1\nHost: x\nX-Amz-Target: Kinesis_20131202.PutRecords\nContent-Type: application/x-amz-json-1.1\n";
    private const string Records = $"POST /streams/{Stream}/records HTTP/1.1\nHost: x\n";
    private const string Signature = "AWS4-HMAC-SHA256 Credential=AKIABENCH/20261122/us-east-1/kinesis/aws4_request, "
        + "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// <summary>The heads and bodies that are damaged, by kind; of one with a credential, the head alone.</summary>
    private static readonly Dictionary<string, (string Head, byte[] Body, bool IsHeadDamaged)> Kinds = new()
    {
        ["framing"] = ($"POST /streams/{Stream}/records?stream=true HTTP/1.1\nHost: x\nContent-Type: application/x-ndjson\nTransfer-Encoding: chunked\n",
            Encoding.UTF8.GetBytes($"{Line.Length:x};e=1\r\n{Line}\r\n0\r\nTrailer: a\r\n\r\n"), true),
        ["headers"] = (Records + "Content-Type: text/plain; charset=utf-8\nX-Partition-Key: k\nX-Explicit-Hash-Key: 17\nOrigin: http://x\n"
            + "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n", "data"u8.ToArray(), true),
        ["json"] = (Records + "Content-Type: application/json\n", Encoding.UTF8.GetBytes($"[{Line},{Line}]"), false),
        ["ndjson"] = (Records + "Content-Type: application/x-ndjson\n", Encoding.UTF8.GetBytes(Line + Line), false),
        ["front_json"] = (Front, Encoding.UTF8.GetBytes(Put), false),
        ["front_cbor"] = (Front.Replace("json", "cbor", StringComparison.Ordinal), Cbor(), false),
        ["authorization"] = (Front + $"X-Amz-Date: 20261122T000000Z\nAuthorization: {Signature}\n", Encoding.UTF8.GetBytes(Put), true),
        ["token"] = (Records + "Content-Type: application/json\nAuthorization: Bearer TOKEN\n", Encoding.UTF8.GetBytes($"[{Line}]"), true),
        ["gzip"] = (Records + "Content-Type: application/x-ndjson\nContent-Encoding: gzip\n", Compressed(static s => new GZipStream(s, CompressionLevel.Optimal)), false),
        ["br"] = (Records + "Content-Type: application/x-ndjson\nContent-Encoding: br\n", Compressed(static s => new BrotliStream(s, CompressionLevel.Optimal)), false),
        ["admin"] = ("POST /admin/streams/events/policy HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\n", """{"mode":"on","max_shards":64}"""u8.ToArray(), false),
    };

    private readonly byte[] _head;
    private readonly byte[] _body;

    /// <param name="kind">The kind.</param>
    /// <param name="token">A good token, for the kind that damages one.</param>
    public RubbishRequests(string kind, string token)
    {
        var (head, body, isHeadDamaged) = Kinds[kind];
        head = head.Replace("TOKEN", token, StringComparison.Ordinal) + (isHeadDamaged ? "" : "Connection: close\n");
        _head = Encoding.ASCII.GetBytes(head.Replace("\n", "\r\n", StringComparison.Ordinal));
        (_body, IsHeadDamaged) = (body, isHeadDamaged);
    }

    /// <summary>What is damaged.</summary>
    public static IEnumerable<string> All => Kinds.Keys;

    /// <summary>Whether heads are damaged, so that the tier may wait for more than there is.</summary>
    public bool IsHeadDamaged { get; }

    public byte[] Of(int seed)
    {
        var random = new Random(seed);
        if (IsHeadDamaged)
            return Mutation.Of(random, [.. _head, .. Length(_body), .. _body]);
        var body = Mutation.Of(random, _body);
        return [.. _head, .. Length(body), .. body];
    }

    private byte[] Length(byte[] body) => _head.AsSpan().IndexOf("chunked"u8) >= 0
        ? "\r\n"u8.ToArray()
        : Encoding.ASCII.GetBytes($"Content-Length: {body.Length}\r\n\r\n");

    private static byte[] Cbor() =>
    [
        0xA2, 0x6A, .. "StreamName"u8, 0x69, .. "rubbish-1"u8, 0x67, .. "Records"u8, 0x81, 0xA2, 0x64, .. "Data"u8, 0x45, .. "hello"u8,
        0x6C, .. "PartitionKey"u8, 0x61, .. "k"u8,
    ];

    private static byte[] Compressed(Func<Stream, Stream> with)
    {
        var bytes = new MemoryStream();
        using (var compressing = with(bytes))
            compressing.Write(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Line, 20))));
        return bytes.ToArray();
    }
}
