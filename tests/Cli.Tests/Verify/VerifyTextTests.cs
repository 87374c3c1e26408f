using System.Text.Json;
using Orleans.Kpl.Cli.Verify;

namespace Orleans.Kpl.Cli.Tests.Verify;

/// <remarks>Tests <see cref="VerifyText"/>: what is first in the answer, and what it is worth.</remarks>
public sealed class VerifyTextTests
{
    private static readonly DateTimeOffset From = new(2026, 1, 31, 8, 0, 0, TimeSpan.Zero);

    private static readonly DeliveryReport All = new() { Records = 600, LineCount = 2, Producers = 1 };

    /// <summary>What is missing comes first, then what failed, then what is not known.</summary>
    public static TheoryData<string, bool, bool, DeliveryReport> Answers => new()
    {
        { "nothing is missing", true, true, All },
        { "nothing is missing up to the last record that came; the end of 2 lines is not known", true, false, All with { LinesWithoutEnd = 2 } },
        { "1 record failed; nothing else is missing", false, false, All with { Failed = 1 } },
        { "500 records failed; nothing else is missing up to the last record that came; the end of 1 line is not known", false, false,
            All with { Failed = 500, LinesWithoutEnd = 1 } },
        { "500 records failed; nothing else is known to be missing", false, false, All with { Failed = 500, UnderWay = 1 } },
        { "500 records failed; nothing else is missing", false, false, All with { Records = 0, Failed = 500 } },
        { "4 records missing", false, false, All with { Missing = 4, Failed = 500, LinesWithoutEnd = 1 } },
        { "nothing is known to be missing", false, false, All with { UnderWay = 1, LinesWithoutEnd = 1 } },
        { "nothing is known to be missing", false, false, All with { Unchecked = 1 } },
        { "no record came, so nothing is proved", false, false, new DeliveryReport() },
        { "nothing can be proved", false, false, new DeliveryReport { Records = 3, NotOurs = 3 } },
        { "nothing is missing; this is about the 10 of 1,010 records that have a number", true, true, All with { Records = 1_010, NotOurs = 1_000 } },
        { "nothing is missing", true, true, All with { Records = 1_010, NotOurs = 500 } },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void Headline_SaysTheWorst_AndOnlyWhatIsKnown(string said, bool isWell, bool isProof, DeliveryReport report)
    {
        var text = Of(report);
        Assert.Equal($"s, 2026-01-31 08:00:00.000Z to 2026-01-31 09:00:00.000Z: {said}", text.ToText().Split('\n')[0]);
        Assert.Equal((isWell, isProof), (text.IsWell, JsonDocument.Parse(text.ToJson()).RootElement.GetProperty("proof").GetBoolean()));
    }

    /// <summary>A line of 1,457 numbers had 329 records, none was missing, and nothing said why.</summary>
    [Fact]
    public void Notes_WhereNumbersCameAfterTheTime_SaySo()
    {
        var text = Of(All with { Records = 329, CameAfter = 1_128 });
        Assert.Contains(
            "1,128 records of these lines came later, after --to or while this waited: not missing, and not counted as read.", text.ToText(),
            StringComparison.Ordinal);
        Assert.Equal(1_128, JsonDocument.Parse(text.ToJson()).RootElement.GetProperty("came_after").GetInt32());
    }

    /// <summary>No later run knows it of a producer that is dead.</summary>
    [Theory]
    [InlineData(0, "2 lines of which no producer told the last number: what came after those above is not known.\n")]
    [InlineData(1, "what came after those above is not known. 1 of them went on: a run for a later time judges what follows.\n")]
    public void Notes_PromiseALaterRun_OnlyWhereALineWentOn(int lines, string said) =>
        Assert.Contains(said, Of(All with { LinesWithoutEnd = 2, LinesGoingOn = lines }).ToText(), StringComparison.Ordinal);

    private static VerifyText Of(DeliveryReport report) => new("s", From, From.AddHours(1), report, 0, [], []);
}
