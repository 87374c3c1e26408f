using System.Reflection;

namespace Orleans.Kpl.Testing.Tests;

public sealed class FakeAnswerTests
{
    /// <summary>The attempts of a record that ends with each code of our own, as a real producer tells them.</summary>
    private static readonly Dictionary<string, int> Attempts = new()
    {
        [RecordErrorCodes.LeaseLost] = 1, [RecordErrorCodes.OwnerLost] = 1, [RecordErrorCodes.Expired] = 1, [RecordErrorCodes.WrongShard] = 1,
        [RecordErrorCodes.RecordCountMismatch] = 1, [RecordErrorCodes.LeftOut] = 1, [RecordErrorCodes.BacklogFull] = 1, [RecordErrorCodes.Shutdown] = 1,
        [RecordErrorCodes.ResourceNotFound] = 1, [RecordErrorCodes.Throttled] = 1, [RecordErrorCodes.ConnectionFailed] = 1,
        [RecordErrorCodes.RequestTimeout] = 1, [RecordErrorCodes.ConnectionLost] = 1, [RecordErrorCodes.InvalidAnswer] = 1,
        [RecordErrorCodes.CredentialsUnavailable] = 1,
        [RecordErrorCodes.Dropped] = 0, [RecordErrorCodes.Canceled] = 0, [RecordErrorCodes.InvalidPartitionKey] = 0,
        [RecordErrorCodes.InvalidExplicitHashKey] = 0, [RecordErrorCodes.RecordTooLarge] = 0, [RecordErrorCodes.InvalidStream] = 0,
        [RecordErrorCodes.NotSupported] = 0,
    };

    public static TheoryData<string> Codes =>
        [.. typeof(RecordErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static f => (string)f.GetRawConstantValue()!)];

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Failed_WithEachOwnCode_HasTheAttemptsOfARealRecord(string code)
    {
        await using var producer = new FakeKplProducer { Answer = _ => FakeAnswer.Failed(code) };
        var result = await producer.PutAsync("events", UserRecord.FromText("key", "text"));
        Assert.Equal((RecordStatus.Failed, code, Attempts[code]), (result.Status, result.ErrorCode, result.AttemptCount));
    }
}
