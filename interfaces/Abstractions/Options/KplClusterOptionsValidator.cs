using Orleans.Kpl.Settings;
using Orleans.Kpl.Validation;

namespace Orleans.Kpl;

/// <summary>Checks options of a cluster, whether they come from configuration or from code.</summary>
internal static class KplClusterOptionsValidator
{
    /// <summary>Checks the options, and reports all errors, not only the first.</summary>
    public static KplClusterReport Validate(KplClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<OptionsFinding> findings = [.. RangeValidator.Check(ClusterSettings.All, options), .. MembershipValidator.Check(options)];
        return new(options, Tell(findings, errors: true), Tell(findings, errors: false));
    }

    private static string[] Tell(IEnumerable<OptionsFinding> findings, bool errors) =>
        [.. findings.Where(f => f.IsError == errors).Select(f => $"Kpl:{f.Setting} {f.Text}")];
}
