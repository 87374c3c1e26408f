using Orleans.Kpl.Management;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Grains.Management;

/// <summary>Translates reports of dead letters. Their producer numbers stand beside the letters.</summary>
internal static class DeadLetterMessages
{
    public static DeadLetterReport ToMessage(this DeadLetterBatch report)
    {
        var numbers = new List<DeadLetterNumber>();
        for (var i = 0; i < report.Letters.Count; i++)
        {
            if (report.Letters[i].ProducerNumber is { } number)
                numbers.Add(new() { Letter = i, Producer = number.Producer, Line = number.Line, Number = number.Number });
        }

        return new()
        {
            ReportId = report.Id,
            Letters = [.. report.Letters],
            Silo = report.Silo,
            Numbers = numbers.Count > 0 ? [.. numbers] : null,
        };
    }

    public static DeadLetterBatch ToLetters(this DeadLetterReport report)
    {
        var letters = report.Letters.ToArray();
        foreach (var number in report.Numbers ?? [])
            letters[number.Letter] = letters[number.Letter] with { ProducerNumber = new PackedNumber(number.Producer, number.Line, number.Number) };
        return new(report.ReportId, letters, report.Silo);
    }
}
