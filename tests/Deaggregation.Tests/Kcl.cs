using System.Globalization;
using System.Numerics;

namespace Orleans.Kpl.Deaggregation.Tests;

/// <summary>
/// What KCL does with a Kinesis record, as a judge: written from KCL's description (AggregatorUtil.deaggregate), with numbers as text and without the
/// product's code. Where a member names a key that is not there it judges as the product; KCL gives those before it.
/// </summary>
internal static class Kcl
{
    public static List<KclRecord> Deaggregate(byte[] data, string partitionKey, BigInteger? starting = null, BigInteger? ending = null)
    {
        try
        {
            if (StoredMember.Read(data) is { } members)
                return members.TrueForAll(IsInRange) ? [.. members.Select(ToRecord)] : [];
        }
        catch (InvalidDataException)
        {
            // A frame whose message cannot be read is plain data.
        }

        return [ToRecord(new StoredMember(partitionKey, null, data), 0)];

        static KclRecord ToRecord(StoredMember member, int place) => new(member.Key, member.ExplicitHashKey, Convert.ToHexString(member.Data), place);

        bool IsInRange(StoredMember member)
        {
            var hash = member.ExplicitHashKey is { } own ? BigInteger.Parse(own, CultureInfo.InvariantCulture) : (BigInteger)StoredMember.HashOf(member.Key);
            return hash >= (starting ?? 0) && hash <= (ending ?? (BigInteger.One << 128) - 1);
        }
    }
}

/// <summary>A user record as KCL gives it.</summary>
internal sealed record KclRecord(string PartitionKey, string? ExplicitHashKey, string Data, long SubSequenceNumber)
{
    public static KclRecord Of(in DeaggregatedRecord record) => new(
        record.PartitionKey, record.ExplicitHashKey?.ToString(CultureInfo.InvariantCulture), Convert.ToHexString(record.Data.Span), record.SubSequenceNumber);
}
