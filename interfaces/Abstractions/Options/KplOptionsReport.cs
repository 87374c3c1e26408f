namespace Orleans.Kpl;

/// <summary>Options, and everything that is wrong or odd about them.</summary>
/// <param name="Options">The options; where there are errors, with the defaults in place of what could not be read.</param>
/// <param name="Errors">All errors; each names its setting, the value and what is allowed.</param>
/// <param name="Warnings">What works, but hardly as meant: settings without effect, values that were capped.</param>
internal sealed record KplOptionsReport(KplOptions Options, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings)
{
    /// <summary>True when there is no error.</summary>
    public bool IsValid => Errors.Count == 0;

    /// <summary>The options.</summary>
    /// <exception cref="KplOptionsException">There are errors; it carries all of them.</exception>
    public KplOptions GetOptionsOrThrow() => IsValid ? Options : throw new KplOptionsException(Errors);
}
