using System.Text;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Deaggregation.Hashing;

namespace Orleans.Kpl.Aggregation;

/// <summary>Reads back what a builder closed.</summary>
internal static class MemberReading
{
    /// <summary>Opens a record that a builder closed, sealed or not, so that its members can be added again.</summary>
    public static AggregateReader Open(in EncodedRecord record)
    {
        if (record.NeedsTrailer)
            return AggregateReader.OpenUnsealed(record.Payload);
        var hashKey = record.HasExplicitHashKey ? record.HashKey : (UInt128?)null;
        return AggregateReader.OfOne(new AggregateMember(record.PartitionKey, hashKey, record.Payload));
    }

    extension(AggregateMember member)
    {
        /// <summary>The hash key that the record is routed by: the explicit one, or the MD5 of the partition key (computed on each call).</summary>
        public UInt128 HashKey => member.ExplicitHashKey ?? RoutingHash.Of(member.PartitionKey.Span);

        /// <summary>Copies the member to a user record with memory of its own.</summary>
        public UserRecord ToUserRecord() => new(Encoding.UTF8.GetString(member.PartitionKey.Span), member.Data.ToArray(), member.ExplicitHashKey);

        /// <summary>The result of the member where it is not delivered, with a copy of its record.</summary>
        public RecordResult NotDelivered(RecordStatus status, string code, string? message, IReadOnlyList<Attempt> attempts) =>
            RecordResult.NotDelivered(status, code, message, member.ToUserRecord(), attempts).WithNumber(member.Number?.Packed);
    }
}
