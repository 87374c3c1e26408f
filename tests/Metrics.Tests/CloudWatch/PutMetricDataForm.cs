using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Metrics.Tests.CloudWatch;

/// <summary>Reads the form of PutMetricData and judges it by the API's reference: names, sizes, values. Shares no code with who writes it.</summary>
internal sealed partial record PutMetricDataForm(string Namespace, IReadOnlyList<MetricSeries> Metrics, IReadOnlyList<DateTimeOffset> Times)
{
    public static (PutMetricDataForm Form, List<string> Defects) Read(byte[] body)
    {
        List<string> defects = [];
        Expect(body.Length <= 1_000_000, $"{body.Length} bytes");
        var form = Encoding.ASCII.GetString(body).Split('&').Select(static p => p.Split('=', 2))
            .ToDictionary(static p => Uri.UnescapeDataString(p[0]), static p => Uri.UnescapeDataString(p[1].Replace('+', ' ')));
        Expect(form["Action"] == "PutMetricData" && form["Version"] == "2010-08-01", "not PutMetricData");
        List<MetricSeries> metrics = [];
        List<DateTimeOffset> times = [];
        while (form.ContainsKey($"MetricData.member.{metrics.Count + 1}.MetricName"))
            metrics.Add(ReadMetric($"MetricData.member.{metrics.Count + 1}."));
        Expect(metrics.Count is > 0 and <= 1_000, $"{metrics.Count} metrics");
        Expect(form.Keys.All(static k => Known().IsMatch(k)), string.Join(' ', form.Keys.Where(static k => !Known().IsMatch(k))));
        Expect(form.Keys.Count(static k => k.EndsWith(".MetricName", StringComparison.Ordinal)) == metrics.Count, "members are not numbered through");
        return (new PutMetricDataForm(form["Namespace"], metrics, times), defects);

        MetricSeries ReadMetric(string member)
        {
            List<KeyValuePair<string, string>> dimensions = [];
            while (form.TryGetValue($"{member}Dimensions.member.{dimensions.Count + 1}.Name", out var name))
                dimensions.Add(new(name, form[$"{member}Dimensions.member.{dimensions.Count + 1}.Value"]));
            var metric = new MetricSeries
            {
                Name = form[member + "MetricName"],
                Unit = form[member + "Unit"],
                Dimensions = dimensions,
                Sum = Number(member, "Sum"),
                Count = (long)Number(member, "SampleCount"),
                Minimum = Number(member, "Minimum"),
                Maximum = Number(member, "Maximum"),
            };
            Expect(metric.Count > 0, $"an empty set: {metric}");
            Expect(metric.Unit is "Count" or "Bytes" or "Milliseconds" or "Seconds" or "None", metric.Unit);
            Expect(
                DateTimeOffset.TryParseExact(
                    form[member + "Timestamp"], "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
                    out var time),
                "time");
            times.Add(time);
            Expect(dimensions.TrueForAll(static d => d.Value.Trim().Length is > 0 and <= 1_024), $"dimensions of {metric}");
            return metric;
        }

        double Number(string member, string name) => double.Parse(form[$"{member}StatisticValues.{name}"], CultureInfo.InvariantCulture);

        void Expect(bool isTrue, string otherwise)
        {
            if (!isTrue)
                defects.Add(otherwise);
        }
    }

    [GeneratedRegex("^(Action|Version|Namespace|MetricData[.]member[.][0-9]+[.](MetricName|Unit|Timestamp|Dimensions[.]member[.][0-9]+[.](Name|Value)|StatisticValues[.](SampleCount|Sum|Minimum|Maximum)))$")]
    private static partial Regex Known();
}
