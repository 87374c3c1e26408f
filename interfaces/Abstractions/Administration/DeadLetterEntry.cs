using System.Text.Json.Serialization;

namespace Orleans.Kpl.Administration;

/// <summary>The JSON form of a dead letter: its data in base64, its explicit hash key decimal.</summary>
/// <param name="ProducerNumber"><c>PRODUCER.LINE.NUMBER</c>; left out where it has none.</param>
internal sealed record DeadLetterEntry(
    long Number, string PartitionKey, UInt128? ExplicitHashKey, byte[] Data, string ErrorCode, string? ErrorMessage, DateTimeOffset PersistedAt,
    DateTimeOffset SetAsideAt, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ProducerNumber = null)
{
    public static DeadLetterEntry Of(DeadLetter letter) => new(
        letter.Number, letter.Record.PartitionKey, letter.Record.ExplicitHashKey, letter.Record.Data.ToArray(), letter.ErrorCode, letter.ErrorMessage,
        letter.PersistedAt, letter.SetAsideAt, letter.ProducerNumber?.ToString());
}

/// <summary>A page of a stream's dead letters.</summary>
/// <param name="DeadLetters">The dead letters, by ascending number.</param>
/// <param name="DamagedSegments">Segments that could not be read and were moved aside; left out where there is none.</param>
/// <param name="HasMore">Whether there may be further ones: a page is shorter than requested where they are large.</param>
internal sealed record DeadLetterPage(
    string Stream, IReadOnlyList<DeadLetterEntry> DeadLetters,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long DamagedSegments = 0,
    bool HasMore = false);
