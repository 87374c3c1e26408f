using System.Reflection;
using Orleans.Kpl.Kinesis.Putting;

namespace Orleans.Kpl.Kinesis.Tests.Putting;

/// <summary>What an outcome is called in an answer: a throttle only where Kinesis cannot have the record.</summary>
public sealed class EntryOutcomeTests
{
    private const string Room = "ProvisionedThroughputExceededException";
    private const string Unknown = "InternalFailure";

    [Theory]
    [InlineData(RecordStatus.Failed, "Dropped", Room)]
    [InlineData(RecordStatus.Failed, "Canceled", Room)]
    [InlineData(RecordStatus.Failed, "BacklogFull", Room)]
    [InlineData(RecordStatus.Failed, "BacklogFull", Room, Room, "Expired")]
    [InlineData(RecordStatus.Failed, "BacklogFull", Unknown, "RequestTimeout", "Expired")]
    [InlineData(RecordStatus.Failed, Room, Room)]
    [InlineData(RecordStatus.Failed, Room, Room, Room, Room)]
    [InlineData(RecordStatus.Failed, Room, Unknown, "ConnectionLost", Room)]
    [InlineData(RecordStatus.Failed, "Expired", Room)]
    [InlineData(RecordStatus.Failed, "Expired", Room, Room, "Expired")]
    [InlineData(RecordStatus.Failed, "Expired", Unknown, Room, "RequestTimeout", "Expired")]
    [InlineData(RecordStatus.Failed, "Expired", Unknown, "ConnectionFailed", "Expired")]
    [InlineData(RecordStatus.Failed, "Expired", Unknown, "LeftOut", "Expired")]
    [InlineData(RecordStatus.Failed, "ConnectionFailed", Unknown)]
    [InlineData(RecordStatus.Failed, "ExpiredTokenException", Unknown)]
    [InlineData(RecordStatus.Unknown, "OwnerLost", Unknown)]
    [InlineData(RecordStatus.Unknown, "Shutdown", Unknown)]
    public void CodeOf_AnOutcome_IsAThrottleOnlyWhereKinesisCannotHaveIt(RecordStatus status, string code, string expected, params string[] attempts) =>
        Assert.Equal(expected, EntryOutcome.CodeOf(Ended(status, code, attempts)));

    [Theory]
    [InlineData("ResourceNotFoundException", "ResourceNotFoundException")]
    [InlineData("Shutdown", "ServiceUnavailableException")]
    [InlineData("RecordTooLarge", "InvalidArgumentException")]
    [InlineData("AccessDeniedException", "AccessDeniedException")]
    [InlineData("KMSDisabledException", "KMSDisabledException")]
    [InlineData("UnrecognizedClientException", null)]
    [InlineData("ExpiredTokenException", null)]
    [InlineData(Room, null)]
    public void OfRequest_WhenAllFailedAlike_IsTheRequestsOwnError(string code, string? expected)
    {
        RecordResult[] results = [Ended(RecordStatus.Failed, code), Ended(RecordStatus.Failed, code)];

        var error = EntryOutcome.OfRequest(results, "events");

        Assert.Equal(expected, error?.Type);
        // The tier's own account and role are nobody's business.
        Assert.DoesNotContain("123456789012", error?.Message ?? "", StringComparison.Ordinal);
    }

    /// <summary>What a client of Kinesis is told of a record that ended with each code of our own.</summary>
    private static readonly Dictionary<string, string> Told = new()
    {
        [RecordErrorCodes.Dropped] = Room, [RecordErrorCodes.Canceled] = Room, [RecordErrorCodes.BacklogFull] = Room,
        [RecordErrorCodes.Throttled] = Room, [RecordErrorCodes.Expired] = Room,
        [RecordErrorCodes.LeaseLost] = Unknown, [RecordErrorCodes.OwnerLost] = Unknown, [RecordErrorCodes.WrongShard] = Unknown,
        [RecordErrorCodes.RecordCountMismatch] = Unknown, [RecordErrorCodes.LeftOut] = Unknown, [RecordErrorCodes.ConnectionFailed] = Unknown,
        [RecordErrorCodes.RequestTimeout] = Unknown, [RecordErrorCodes.ConnectionLost] = Unknown, [RecordErrorCodes.InvalidAnswer] = Unknown,
        [RecordErrorCodes.CredentialsUnavailable] = Unknown, [RecordErrorCodes.NotSupported] = Unknown,
        [RecordErrorCodes.Shutdown] = "ServiceUnavailableException", [RecordErrorCodes.ResourceNotFound] = "ResourceNotFoundException",
        [RecordErrorCodes.InvalidPartitionKey] = "ValidationException", [RecordErrorCodes.InvalidExplicitHashKey] = "ValidationException",
        [RecordErrorCodes.RecordTooLarge] = "InvalidArgumentException", [RecordErrorCodes.InvalidStream] = "InvalidArgumentException",
    };

    public static TheoryData<string> Codes =>
        [.. typeof(RecordErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static f => (string)f.GetRawConstantValue()!)];

    [Theory]
    [MemberData(nameof(Codes))]
    public void OfSingle_OfEachOwnCode_IsOneThatKinesisHas(string code) =>
        Assert.Equal(Told[code], EntryOutcome.OfSingle(Ended(RecordStatus.Failed, code), "events").Type.Split('#')[^1]);

    [Fact]
    public void OfRequest_WhenTheyFailedForSeveralReasons_IsNone() =>
        Assert.Null(EntryOutcome.OfRequest([Ended(RecordStatus.Failed, "ResourceNotFoundException"), Ended(RecordStatus.Failed, Room)], "events"));

    private static RecordResult Ended(RecordStatus status, string code, params string[] attempts) => RecordResult.NotDelivered(
        status, code, code is "RecordTooLarge" ? "too large" : "arn:aws:sts::123456789012:assumed-role/tier", null,
        [.. attempts.Select(a => new Attempt { ErrorCode = a })]);
}
