using System.Globalization;
using Orleans.Kpl.Kinesis.Wire;

namespace Orleans.Kpl.Kinesis.Tests.Wire;

public sealed class PutCallTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(500)]
    [InlineData(501)]
    public void Add_OfAnyNumber_KeepsTheFirstInTheirOrder_AndCountsAll(int count)
    {
        using var call = new PutCall();
        for (var i = 0; i < count; i++)
            call.Add(new PutEntry(Text(i), new byte[1], null));

        var kept = Math.Min(count, PutCall.MostRecords);
        Assert.Equal(count, call.Count);
        Assert.Equal(Enumerable.Range(0, kept).Select(Text), call.Entries.ToArray().Select(static e => e.Key!));
        Assert.Equal(kept, call.Records().Length);
    }

    [Fact]
    public void Dispose_GivesBackNothingThatSomebodyElseCouldRead()
    {
        var call = new PutCall();
        call.Add(new PutEntry("secret", new byte[1], null));
        var records = call.Records();
        records.Span[0] = new UserRecord("secret", new byte[1]);
        call.Dispose();
        call.Dispose();

        Assert.Null(records.Span[0].PartitionKey);
        Assert.Empty(call.Entries.ToArray());
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
