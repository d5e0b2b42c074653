// The page of the API's documentation: Swagger UI, of the portal's own files. A script in the page is forbidden there.
"use strict";

SwaggerUIBundle({
  url: document.body.dataset.schema,
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: null, // asks nobody outside
});
