using Orleans.Kpl.Grains.Management;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Grains.Tests.Management;

public sealed class ManagerMessagesTests
{
    [Fact]
    public void AReportOfFailures_KeepsTheNumbersOfThoseThatHaveOne()
    {
        var failed = RecordResult.NotDelivered(RecordStatus.Failed, "Expired", "late", new UserRecord("k", "v"u8.ToArray()));
        FailureEntry[] entries =
        [
            new(DateTimeOffset.UnixEpoch, "silo", failed), new(DateTimeOffset.UnixEpoch, "silo", failed.WithNumber(new PackedNumber(0xAB, 2, 7))),
        ];

        var report = new FailureBatch(entries, 3).ToReport();
        var arrived = report.ToBatch();

        Assert.Equal(1, Assert.Single(report.Numbers!).Letter);
        Assert.Equal([null, "00000000000000ab.2.7"], arrived.Entries.Select(static e => e.Result.ProducerNumber));
        Assert.Equal(3, arrived.LeftOut);
        Assert.Null(new FailureBatch([entries[0]], 0).ToReport().Numbers);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AReportOfDeadLetters_KeepsNumbers_AndWhetherTheirRecordsAreAlone(bool isAlone)
    {
        var letter = new DeadLetter { Record = new UserRecord("k", "v"u8.ToArray()), ErrorCode = "Expired", IsAlone = isAlone };

        var arrived = new DeadLetterBatch(Guid.Empty, [letter, letter with { ProducerNumber = new PackedNumber(0xAB, 2, 7) }], "silo").ToMessage().ToLetters();

        Assert.Equal([isAlone, isAlone], arrived.Letters.Select(static l => l.IsAlone));
        Assert.Equal([null, new PackedNumber(0xAB, 2, 7)], arrived.Letters.Select(static l => l.ProducerNumber));
    }
}
