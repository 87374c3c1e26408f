namespace Orleans.Kpl.Settings;

/// <summary>A setting that is known and sets nothing: it has no effect here, or is refused.</summary>
internal sealed class FixedSetting(string name, KplSettingScope scope, string description, string allowed = "") : KplSetting(name, scope, description)
{
    public override string Default => allowed;

    public override string Range => allowed;

    /// <summary>Whether the text asks for what is there anyway.</summary>
    internal bool IsHarmless(string text) => allowed.Length > 0 && text.Trim().Equals(allowed, StringComparison.OrdinalIgnoreCase);
}
