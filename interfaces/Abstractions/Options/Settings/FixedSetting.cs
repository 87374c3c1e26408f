namespace Orleans.Kpl.Settings;

/// <summary>A setting that is known and sets nothing: it has no effect here, or is refused.</summary>
internal sealed class FixedSetting(string name, KplSettingScope scope, string description) : KplSetting(name, scope, description)
{
    public override string Default => "";

    public override string Range => "";
}
