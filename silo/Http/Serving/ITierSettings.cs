using Microsoft.Extensions.Configuration;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The settings that every tier process needs, whatever else its settings contain.</summary>
internal interface ITierSettings
{
    /// <summary>Settings that work, but probably not as intended.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>Files, environment and command line together, for components that read their own part, such as logging.</summary>
    IConfiguration Configuration { get; }
}
