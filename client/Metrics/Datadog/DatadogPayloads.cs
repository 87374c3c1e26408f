using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using Orleans.Kpl.Metrics.Uploading;

namespace Orleans.Kpl.Metrics.Datadog;

/// <summary>
/// Divides series over calls: counts and gauges, and the totals of distributions, to
/// <c>v2/series</c>, at most 512,000 bytes each and 5,242,880 before compression, and distributions to
/// <c>v1/distribution_points</c>, at most 3,200,000 (Datadog's API reference, "Submit metrics" and "Submit distribution points").
/// </summary>
/// <param name="maxBytes">The most bytes of a <c>v2/series</c>, compressed.</param>
/// <param name="maxPlainBytes">The most bytes of a <c>v2/series</c> before compression.</param>
internal sealed class DatadogPayloads(DatadogSeriesWriter writer, int maxBytes = 512_000, int maxPlainBytes = 5_242_880 - 1)
{
    // A body of distributions stays below this before it is compressed, so that no reading of the limit is broken.
    private const int MaxDistributionBytes = 3_200_000;

    /// <summary>Divides them. A call has one series at least.</summary>
    public IEnumerable<DatadogPayload> Of(IReadOnlyList<MetricSeries> metrics, DateTimeOffset now)
    {
        var time = now.ToUnixTimeSeconds();
        var byEndpoint = DistributionParts.Of(metrics, DatadogSeriesWriter.IsDistribution).ToLookup(static m => DistributionParts.IsValues(m.Name));
        return Divide([.. byEndpoint[false]], isDistribution: false, time).Concat(Divide([.. byEndpoint[true]], isDistribution: true, time));
    }

    private IEnumerable<DatadogPayload> Divide(MetricSeries[] metrics, bool isDistribution, long time)
    {
        if (metrics.Length == 0)
            return [];
        var isLast = metrics.Length == 1;
        var plain = Write(metrics, time, isLast ? int.MaxValue : isDistribution ? MaxDistributionBytes : maxPlainBytes);
        if (plain is not null && Compress(plain.WrittenSpan, isDistribution) is var body
            && (isLast || body.Length <= (isDistribution ? MaxDistributionBytes : maxBytes)))
        {
            return isDistribution
                ? [new DatadogPayload("api/v1/distribution_points", "deflate", body, metrics)]
                : [new DatadogPayload("api/v2/series", "gzip", body, metrics)];
        }

        var half = metrics.Length / 2;
        return Divide(metrics[..half], isDistribution, time).Concat(Divide(metrics[half..], isDistribution, time));
    }

    /// <summary>Writes a body; null where it is too long.</summary>
    private ArrayBufferWriter<byte>? Write(MetricSeries[] metrics, long time, int most)
    {
        var body = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteStartArray("series");
        foreach (var metric in metrics)
        {
            writer.Write(json, metric, time);
            if (json.BytesCommitted + json.BytesPending > most)
                return null;
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return body.WrittenCount <= most ? body : null;
    }

    private static byte[] Compress(ReadOnlySpan<byte> plain, bool isDistribution)
    {
        using var compressed = new MemoryStream();
        // Deflate of HTTP is zlib's (RFC 9110, 8.4.1.2).
        using (Stream stream = isDistribution ? new ZLibStream(compressed, CompressionLevel.Fastest) : new GZipStream(compressed, CompressionLevel.Fastest))
            stream.Write(plain);
        return compressed.ToArray();
    }
}

/// <summary>One call to Datadog.</summary>
/// <param name="Encoding">How the body is compressed.</param>
/// <param name="Body">The body, compressed.</param>
internal sealed record DatadogPayload(string Path, string Encoding, byte[] Body, IReadOnlyList<MetricSeries> Metrics) : SinkCall(Body, Metrics);
