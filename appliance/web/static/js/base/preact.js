// The one place that names the vendored preact + htm build; everything else imports from here.

export {
  html,
  render,
  createContext,
  useState,
  useReducer,
  useEffect,
  useLayoutEffect,
  useRef,
  useMemo,
  useCallback,
  useContext,
} from "../../vendor/preact.js";
