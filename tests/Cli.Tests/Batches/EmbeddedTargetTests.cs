using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.Cli.Tests.Batches;

public sealed class EmbeddedTargetTests
{
    /// <summary>A right that is missing is waited for, so that the last attempt of such a record is the end of its time-to-live.</summary>
    [Theory]
    [InlineData(true, "AccessDeniedException")]
    [InlineData(true, "AccessDeniedException", RecordErrorCodes.Expired)]
    [InlineData(false, "AccessDeniedException", "InternalFailure", RecordErrorCodes.Expired)]
    [InlineData(false, RecordErrorCodes.Expired)]
    [InlineData(false)]
    public void OutcomeOf_ARecordThatFailed_TellsWhetherItsLastRequestWasDenied(bool isDenied, params string[] attempts)
    {
        var result = RecordResult.NotDelivered(
            RecordStatus.Failed, attempts.LastOrDefault(RecordErrorCodes.Expired), "a test", null,
            [.. attempts.Select(static a => new Attempt { ErrorCode = a })]);

        Assert.Equal(isDenied, EmbeddedTarget.OutcomeOf(result).IsDenied);
    }
}
