using System.Text.Json;
using Orleans.Kpl.Kinesis.Describing;
using Orleans.Kpl.Kinesis.Wire;

namespace Orleans.Kpl.Kinesis.Putting;

/// <summary>How large a record may be that a stream takes. Kinesis is asked only where a request has a record that not every stream takes.</summary>
/// <param name="descriptions">What Kinesis told of the streams.</param>
internal sealed class RecordSizes(StreamDescriptions descriptions)
{
    /// <summary>The record size that every stream takes (AWS: MaxRecordSizeInKiB defaults to 1,024).</summary>
    private const int Least = 1 << 20;

    /// <summary>Returns the bytes of data and key that a record may have.</summary>
    /// <exception cref="FrontException">Kinesis could not be asked, or was asked too often.</exception>
    public async ValueTask<long> MostOfAsync(string stream, PutCall call, string? caller, CancellationToken cancellationToken)
    {
        if (PutRules.AreWithin(call.Entries, Least))
            return Least;
        var summary = await descriptions.SummaryAsync(stream, caller, cancellationToken);
        return summary.GetProperty("StreamDescriptionSummary"u8).TryGetProperty("MaxRecordSizeInKiB"u8, out var size)
            && size.ValueKind == JsonValueKind.Number ? size.GetInt64() * 1024 : Least;
    }
}
