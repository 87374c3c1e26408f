using System.Diagnostics.CodeAnalysis;

namespace Orleans.Kpl.Deaggregation;

/// <summary>Reads KPL's aggregated records, also those that other producers wrote.</summary>
internal static class AggregatedRecordCodec
{
    /// <summary>
    /// Whether a payload looks like an aggregate: it has the magic and is long enough for a message. A user record may look so by
    /// chance; only <see cref="TryDecode"/> knows. KCL treats what it refuses as a plain user record.
    /// </summary>
    public static bool IsAggregate(ReadOnlySpan<byte> payload) =>
        payload.Length > AggregateFormat.FrameSize && payload.StartsWith(AggregateFormat.Magic);

    /// <summary>Decodes an aggregate; false, with the reason, when the payload is no aggregate or is damaged.</summary>
    /// <param name="members">The user records, in order. Their parts are slices of the payload.</param>
    /// <param name="reason">Why the payload was refused.</param>
    public static bool TryDecode(
        ReadOnlyMemory<byte> payload, [NotNullWhen(true)] out AggregateMember[]? members, [NotNullWhen(false)] out string? reason)
    {
        members = null;
        if (!AggregateReader.TryOpen(payload, out var reader, out reason))
            return false;

        members = new AggregateMember[reader.Count];
        for (var i = 0; reader.MoveNext(); i++)
            members[i] = reader.Current;
        return true;
    }
}
